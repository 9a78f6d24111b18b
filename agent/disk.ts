/**
 * Every access to the slot's volume goes through {@link onDisk}.
 *
 * A hung EBS volume blocks for ever without an error (Debian sets its time-out to the maximum). Each access that hangs
 * holds one of libuv's worker threads, and the same few threads resolve host names: an agent that lost them all could
 * not even reach the register to say so. So accesses have a deadline, and no more than {@link MOST_AT_ONCE} are ever
 * under way; the unit gives the process twice as many threads (UV_THREADPOOL_SIZE).
 */
export const MOST_AT_ONCE = 8;

const DEFAULT_TIMEOUT_MS = 10_000;

/** The volume did not answer in time, or earlier accesses still hang. The access itself may yet happen. */
export class DiskStalled extends Error {
  override readonly name = 'DiskStalled';
}

let underWay = 0;
let waiting: (() => void)[] = [];

/** Accesses that have not come back. */
export function accessesUnderWay(): number {
  return underWay;
}

/**
 * Runs one access, or a short sequence of them, to the volume.
 *
 * @throws DiskStalled after `timeoutMs`; the access is not cancelled, nothing can do that, so a write that timed out
 * may still land: whoever decides on its absence reads again.
 */
export async function onDisk<T>(what: string, access: () => Promise<T>, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<T> {
  const deadline = new Deadline(what, timeoutMs);
  try {
    while (underWay >= MOST_AT_ONCE) await deadline.orEarlier(aFreePlace());
    underWay += 1;
    return await deadline.orEarlier(access().finally(release));
  } finally {
    deadline.clear();
  }
}

function aFreePlace(): Promise<void> {
  return new Promise((resolve) => waiting.push(resolve));
}

function release(): void {
  underWay -= 1;
  const woken = waiting;
  waiting = [];
  for (const wake of woken) wake();
}

class Deadline {
  private readonly passed: Promise<never>;
  private timer: NodeJS.Timeout | undefined;

  constructor(what: string, timeoutMs: number) {
    this.passed = new Promise((_, reject) => {
      this.timer = setTimeout(() => {
        reject(new DiskStalled(`${what}: the disk did not answer within ${timeoutMs} ms.`));
      }, timeoutMs);
    });
    // Nobody may be listening at the moment it fires; every use races against it.
    this.passed.catch(() => undefined);
  }

  orEarlier<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.passed]);
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}
