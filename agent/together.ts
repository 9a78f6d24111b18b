/** All, side by side; resolves or throws when all have ended, so that nothing goes on behind a failure. */
export async function together<Values extends unknown[]>(
  ...all: { readonly [Index in keyof Values]: Promise<Values[Index]> }
): Promise<Values> {
  const ended = await Promise.allSettled(all);
  const failed = ended.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return Promise.all(all);
}
