/**
 * A slot is a place for one data node; a member is one incarnation of a data directory in it: `<slot>_<id>`, the id
 * made when initdb, a clone or a rewind made the directory. A replaced disk is a new member, even in the same slot.
 *
 * The same text is the `application_name`, the physical replication slot's name and the entry in
 * `synchronous_standby_names`, so it obeys the strictest of the three (protocol S8): `[a-z][a-z0-9_]*`, at most 63 bytes.
 */
export type Slot = string & { readonly __brand: 'Slot' };
export type Member = string & { readonly __brand: 'Member' };

const SLOT = /^[a-z]$/;
const MEMBER = /^([a-z])_([a-z0-9]{8,32})$/;

/** @throws Error when the text is not one lower-case letter. */
export function parseSlot(text: string): Slot {
  if (!SLOT.test(text)) throw new Error(`"${text}" is not a slot. Slots are named by one letter: a, b, c, d, e.`);
  return text as Slot;
}

/** @throws Error when the text is not `<slot>_<id>`. */
export function parseMember(text: string): Member {
  if (!MEMBER.test(text)) {
    throw new Error(`"${text}" is not a member. Expected <slot>_<id>, the id of 8 to 32 characters [a-z0-9].`);
  }
  return text as Member;
}

/** `id`: 8 to 32 characters `[a-z0-9]`, random, never used before. */
export function newMember(slot: Slot, id: string): Member {
  return parseMember(`${slot}_${id}`);
}

export function slotOf(member: Member): Slot {
  return member.slice(0, 1) as Slot;
}
