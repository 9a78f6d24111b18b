/* What the build makes one file of: the agent's functions with the simulation's seams, and the simulated servers. */
export * as functions from './functions';
export { SimulatedHands } from './simulated';
