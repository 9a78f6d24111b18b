/** A property of `PostgresCluster` has a value that can't be deployed. The message names the property, the value and what is allowed. */
export class HoldfastPropError extends Error {
  public override readonly name = 'HoldfastPropError';

  public constructor(
    public readonly property: string,
    public readonly value: unknown,
    public readonly allowed: string,
  ) {
    super(`PostgresCluster: ${property} is ${show(value)}; allowed: ${allowed}`);
  }
}

function show(value: unknown): string {
  // JSON has no NaN and no undefined.
  return value === undefined || typeof value === 'number' ? String(value) : JSON.stringify(value);
}
