import { isNativeError } from 'node:util/types';

/** The code of an error of the operating system or of Node, for example ENOENT. */
export function errorCode(error: unknown): string | undefined {
  if (!isNativeError(error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
