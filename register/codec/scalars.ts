import * as z from 'zod';
import { formatLsn, parseLsn } from '../../core/lsn';
import { parseMember, parseSlot } from '../../core/member';

/** Text that one of core's parsers accepts; its complaint becomes the field's. */
function textBy<Value>(parse: (text: string) => Value) {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

export const slot = textBy(parseSlot);
export const member = textBy(parseMember);
/** Positions are text in every store: a 64-bit number is more than JSON and DynamoDB's JavaScript numbers hold. */
export const lsn = textBy(parseLsn);
export const lsnText = z.string().transform((text, context) => {
  try {
    return formatLsn(parseLsn(text));
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

export const whole = z.int().nonnegative();
export const positive = z.int().positive();
export const text = z.string().min(1);
export const address = z.ipv4();
/** PostgreSQL's system identifier: 64 bits, decimal. */
export const systemId = z.string().regex(/^[1-9][0-9]{0,19}$/, 'expected a decimal system identifier');
