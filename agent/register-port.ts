import type { Register } from '../register';

/** What the agent asks of the register. */
export type RegisterPort = Pick<
  Register,
  'readRecord' | 'replaceRecord' | 'readPledges' | 'writePledge' | 'readReports' | 'writeReport'
>;
