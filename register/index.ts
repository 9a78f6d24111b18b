export { DEFAULT_TIMEOUTS, type RegisterTimeouts } from './client';
export type { Beat } from './codec/beat';
export type { CaItem } from './codec/ca';
export { decodePledge, encodePledge } from './codec/pledge';
export { decodeRecord, encodeRecord, RECORD_FORMAT } from './codec/record';
export { parseSettings } from './codec/settings';
export { parseNodeStatus } from './codec/status';
export { MalformedItemError, RegisterUnavailableError } from './errors';
export {
  type Judged,
  type PerSlot,
  type RecordDraft,
  type RecordOutcome,
  Register,
  type RegisterOptions,
} from './register';
