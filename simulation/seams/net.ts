/** node:net: a socket that is only handed on to the client, and cut. */
export class Socket {
  onDestroy: (() => void) | undefined;

  destroy(): void {
    this.onDestroy?.();
  }
}
