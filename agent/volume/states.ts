/**
 * What a slot's volume can be found to be, other than well: what the agent does about it, and what would help. One
 * place for the status page, the log and docs/volumes.md, so that they say the same.
 *
 * The agent waits in each of them and looks again by itself: when the condition is gone, it goes on without a restart.
 * Nothing here erases, repairs or takes by force.
 */
export const VOLUME_STATES = {
  // Where it is.
  'ec2-refuses': {
    when: 'EC2 does not answer, or refuses the call',
    does: 'asks again',
    helps: "Look at the network path to EC2, and at the node's role when the call is refused.",
  },
  missing: {
    when: 'EC2 does not know the volume, or it is being deleted or has failed',
    does: 'asks again; makes no other volume',
    helps:
      'The data of this slot is gone from here; the other nodes have it. Give the slot a new volume: deploy without the slot, then with it.',
  },
  'wrong-zone': {
    when: "the volume is in another zone than this instance, where EC2 can't attach it",
    does: 'asks again',
    helps: "The slot's group must launch in the volume's zone: look at its subnets.",
  },
  'held-by-living': {
    when: 'it is attached to an instance that runs',
    does: 'waits until that instance lets go; never detaches it, least of all by force: it may be writing',
    helps: 'Terminate that instance if it should not be there; its agent then stops PostgreSQL and unmounts first.',
  },
  'held-by-dying': {
    when: 'it is attached to an instance that is stopping, stopped or gone',
    does: 'waits: EC2 lets go of it once it has ended that instance, which takes minutes when its host is lost. Never by force',
    helps: 'Nothing, usually. If the instance is stopped, terminate it.',
  },
  detaching: {
    when: 'it is being detached from another instance',
    does: 'waits',
    helps: 'Nothing, usually. A detaching that does not end waits for a file system that is mounted there.',
  },
  attaching: {
    when: 'it is being attached to this instance',
    does: 'waits for its device',
    helps: 'Nothing, usually. If its device does not come, reboot or terminate this instance.',
  },
  // What is on it.
  blank: {
    when: 'nothing is on it: the first start, or a new volume',
    does: 'makes the file system',
    helps: 'Nothing.',
  },
  'foreign-file-system': {
    when: 'it holds another file system, a partition table or the like',
    does: 'leaves it as it is',
    helps: 'Look what it is. If nobody needs it, wipe the volume (blkdiscard or dd): the node then clones the primary.',
  },
  'unknown-content': {
    when: 'it is not blank, though nothing that is known is on it; a damaged file system can look like this',
    does: 'leaves it as it is',
    helps:
      'Take a snapshot, then try `xfs_repair -n`. If nobody needs it, wipe the volume (blkdiscard or dd): the node then clones the primary.',
  },
  unreadable: {
    when: 'whether it is blank cannot be told, since it cannot be read',
    does: 'leaves it as it is',
    helps: 'Look at the health of the volume in EC2, and at `journalctl -k`.',
  },
  damaged: {
    when: 'its XFS does not mount. A log that a power cut left behind is not this: mounting replays it',
    does: 'leaves it as it is; never runs xfs_repair, which may throw away what it cannot place',
    helps:
      'The other nodes have the data: wipe the volume (blkdiscard or dd), and the node clones the primary. If none has, take a snapshot before `xfs_repair`.',
  },
  'read-only': {
    when: 'it can only be mounted read-only',
    does: 'unmounts it again',
    helps: 'The device refuses writes: look at the health of the volume in EC2, and at `journalctl -k`.',
  },
  'shut-down': {
    when: 'the kernel has shut its file system down after an error',
    does: 'stops what is left of PostgreSQL, unmounts, mounts again (which replays the log)',
    helps: 'If it comes again, look at the health of the volume in EC2, and at `journalctl -k`.',
  },
  'place-taken': {
    when: 'something else is mounted in its place',
    does: 'leaves that as it is',
    helps: 'Unmount what is there.',
  },
  full: {
    when: 'its file system has no room for what the agent itself has to write there',
    does: 'tries again',
    helps: "Raise the storage of the cluster, or remove what is not Holdfast's from the volume.",
  },
  stalled: {
    when: 'it does not answer',
    does: 'tries again',
    helps: 'Look at the health of the volume in EC2.',
  },
  // What its files say.
  'state-unreadable': {
    when: "a file of the agent's state on it cannot be understood",
    does: 'starts nothing',
    helps:
      'Move the state directory out of the way, and restart the agent: the data directory is then set aside, and the node clones the primary.',
  },
} as const satisfies Readonly<Record<string, { readonly when: string; readonly does: string; readonly helps: string }>>;

export type VolumeState = keyof typeof VOLUME_STATES;

/** The volume is not usable now. Its message tells what was found, what for people, and what would help. */
export class VolumeObstacle extends Error {
  override readonly name = 'VolumeObstacle';

  constructor(
    readonly state: VolumeState,
    /** A whole sentence. */
    readonly found: string,
    options?: ErrorOptions,
  ) {
    super(`${found} ${VOLUME_STATES[state].helps}`, options);
  }
}
