import type { Scenario } from '../support/scenario';
import { AWS } from './aws';
import { DATABASE } from './database';
import { DISKS } from './disks';
import { MACHINES } from './machines';
import { NETWORK } from './network';
import { OPERATORS } from './operators';
import { PROCESSES } from './processes';
import { ZONES } from './zones';

export const SCENARIOS: readonly Scenario[] = [
  ...PROCESSES,
  ...MACHINES,
  ...NETWORK,
  ...DISKS,
  ...DATABASE,
  ...ZONES,
  ...AWS,
  ...OPERATORS,
];
