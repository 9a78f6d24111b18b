import { isIPv4 } from 'node:net';

/** Instance metadata did not answer, or not as documented. */
export class MetadataUnavailable extends Error {
  override readonly name = 'MetadataUnavailable';
}

export interface InstanceIdentity {
  readonly instanceId: string;
  /** IPv4 address inside the VPC. */
  readonly address: string;
  readonly zone: string;
}

export interface ImdsOptions {
  readonly url?: string;
  /** For one request. */
  readonly timeoutMs?: number;
}

const TOKEN_SECONDS = 21_600;

/** Instance metadata service, version 2 only: every read carries a session token. */
export class Imds {
  private readonly url: string;
  private readonly timeoutMs: number;
  private token: string | undefined;

  constructor(options: ImdsOptions = {}) {
    this.url = options.url ?? 'http://169.254.169.254';
    this.timeoutMs = options.timeoutMs ?? 1_000;
  }

  /**
   * A value below `latest/meta-data/`; undefined when there is none (404).
   * @throws MetadataUnavailable
   */
  async get(path: string): Promise<string | undefined> {
    const hadToken = this.token !== undefined;
    let response = await this.read(path);
    // A token is refused once it is too old, or after the service has moved.
    if (response.status === 401 && hadToken) {
      this.token = undefined;
      response = await this.read(path);
    }
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new MetadataUnavailable(`${path}: HTTP status ${response.status}.`);
    return response.text;
  }

  async identity(): Promise<InstanceIdentity> {
    const [instanceId, address, zone] = await Promise.all(
      ['instance-id', 'local-ipv4', 'placement/availability-zone'].map((path) => this.required(path)),
    );
    if (!/^i-[0-9a-f]{8,17}$/.test(instanceId ?? '')) throw new MetadataUnavailable(`instance-id is "${instanceId}".`);
    if (!isIPv4(address ?? '')) throw new MetadataUnavailable(`local-ipv4 is "${address}".`);
    return { instanceId: instanceId ?? '', address: address ?? '', zone: zone ?? '' };
  }

  private async required(path: string): Promise<string> {
    const value = await this.get(path);
    if (value === undefined || value === '') throw new MetadataUnavailable(`${path} is not there.`);
    return value;
  }

  private async read(path: string): Promise<{ status: number; text: string }> {
    this.token ??= await this.newToken();
    return this.request(`latest/meta-data/${path}`, { headers: { 'x-aws-ec2-metadata-token': this.token } });
  }

  private async newToken(): Promise<string> {
    const { status, text } = await this.request('latest/api/token', {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
    });
    if (status !== 200 || text === '') throw new MetadataUnavailable(`No session token: HTTP status ${status}.`);
    return text;
  }

  private async request(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(`${this.url}/${path}`, { ...init, signal: AbortSignal.timeout(this.timeoutMs) });
      return { status: response.status, text: (await response.text()).trim() };
    } catch (error) {
      throw new MetadataUnavailable(`${path} did not answer.`, { cause: error });
    }
  }
}
