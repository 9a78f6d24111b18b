/** A host and port. */
export class Endpoint {
  public constructor(
    public readonly hostname: string,
    public readonly port: number,
  ) {}

  /** `host:port` */
  public get socketAddress(): string {
    return `${this.hostname}:${this.port}`;
  }
}
