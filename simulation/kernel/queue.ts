export interface Event {
  readonly at: number;
  /** Order among events of the same time: that of their making. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** Events by time: a binary heap. A cancelled event keeps its place and does nothing. */
export class Queue {
  private readonly heap: Event[] = [];
  private nextOrder = 0;

  add(at: number, run: () => void): Event {
    const event: Event = { at, order: this.nextOrder, run };
    this.nextOrder += 1;
    const { heap } = this;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, event)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
    return event;
  }

  get nextAt(): number {
    return this.heap[0]?.at ?? Infinity;
  }

  take(): Event | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Event)) child += 1;
      const below = heap[child] as Event;
      if (isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
