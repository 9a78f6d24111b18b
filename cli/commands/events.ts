import { renderEvents } from '../render-events';
import type { Session } from '../session';

/** `events`: failovers, and what operators did. */
export async function events(
  { register, print, colours }: Session,
  { json, limit }: { json: boolean; limit: number },
): Promise<void> {
  const [failovers, operations] = await Promise.all([register.readEvents(limit), register.readOperations(limit)]);
  print(
    json
      ? `${JSON.stringify({ failovers, operations }, undefined, 2)}\n`
      : renderEvents(failovers, operations, colours),
  );
}
