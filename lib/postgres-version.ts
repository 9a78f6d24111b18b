import { HoldfastPropError } from './prop-error';

/** The major versions that the node image has, with PostGIS, from one source. */
const AVAILABLE = ['17'] as const;

/** A major version of PostgreSQL. */
export class PostgresVersion {
  /** PostgreSQL 17, with PostGIS 3.5: both are in Debian 13 itself. */
  public static readonly V17 = new PostgresVersion('17');

  /**
   * A version by its major number.
   *
   * @throws HoldfastPropError when Holdfast has no packages of that version.
   */
  public static of(majorVersion: string): PostgresVersion {
    if (!AVAILABLE.some((available) => available === majorVersion)) {
      throw new HoldfastPropError('version', majorVersion, `one of ${AVAILABLE.join(', ')}`);
    }
    return new PostgresVersion(majorVersion);
  }

  private constructor(
    /** The major number, e.g. `17`. */
    public readonly majorVersion: string,
  ) {}
}
