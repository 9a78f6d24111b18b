import { DiskStalled } from '../disk';
import { errorCode } from '../error-code';
import { VolumeObstacle } from './states';

/** What an access to the volume ended with, as a state of the volume where it is one. */
export function obstacleOf(error: unknown, volumeId: string): unknown {
  if (error instanceof DiskStalled) return new VolumeObstacle('stalled', error.message, { cause: error });
  switch (errorCode(error)) {
    case 'ENOSPC':
      return new VolumeObstacle('full', `${volumeId} is full.`, { cause: error });
    case 'EIO':
      return new VolumeObstacle('shut-down', `${volumeId} answers with input/output errors.`, { cause: error });
    case 'EROFS':
      return new VolumeObstacle('read-only', `${volumeId} has become read-only.`, { cause: error });
    default:
      return error;
  }
}
