/** Remembers what was said last about each subject, so that a log tells changes and not repetitions. */
export class Novelty {
  private readonly last = new Map<string, string>();

  /** Whether `text` is something else than what was said about `subject` before. */
  isNew(subject: string, text: string): boolean {
    if (this.last.get(subject) === text) return false;
    this.last.set(subject, text);
    return true;
  }
}
