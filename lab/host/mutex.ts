/** Runs one task at a time, in the order of asking. A failed task does not hinder the next. */
export class Mutex {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task, task);
    this.last = result;
    // The caller gets the rejection through `result`; this branch only keeps the chain from being unhandled.
    result.catch(() => undefined);
    return result;
  }
}
