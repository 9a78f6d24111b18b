/** The value of `promise`, or `otherwise` when it fails with exactly this system error code; other errors go on. */
export async function unless<T>(code: string, promise: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (systemErrorCode(error) === code) return otherwise;
    throw error;
  }
}

/** `ENOENT` and the like, of an error of Node's file and network functions. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
