import { lit } from 'aws-cdk-lib/core/lib/helpers-internal';
import { THIS_LIBRARY, errorRule, known } from './rule';
import { shown } from '../errors';

const SOURCE = 'API reference, "CreateCluster"';
const SHORTEST_MINUTES = 60;

/** A time of day. */
export interface TimeInput {
  readonly hour: number;
  readonly minute: number;
}

/** How long a window is open, and how often it opens. */
export interface LengthInput {
  readonly minutes: number;
  readonly period: number;
  /** The length as the user wrote it. */
  readonly got: string;
}

/** A window as text. */
export interface TextInput {
  readonly text: string;
  /** Whether it has the form. */
  readonly isValid: boolean;
}

export const KNOWN_TIME = errorRule<TimeInput>(lit`UnresolvedWindowTime`, THIS_LIBRARY, ({ hour, minute }) =>
  (known(hour, minute) ? undefined : "'hour' and 'minute' must be known at synthesis, got a token; use 'parse' with a token for the whole window"));

export const VALID_HOUR = errorRule<TimeInput>(lit`InvalidWindowHour`, SOURCE, ({ hour }) =>
  (Number.isInteger(hour) && hour >= 0 && hour <= 23 ? undefined : `'hour' must be a whole number from 0 to 23 (UTC), got ${hour}`));

export const VALID_MINUTE = errorRule<TimeInput>(lit`InvalidWindowMinute`, SOURCE, ({ minute }) =>
  (Number.isInteger(minute) && minute >= 0 && minute <= 59 ? undefined : `'minute' must be a whole number from 0 to 59, got ${minute}`));

export const KNOWN_DURATION = errorRule<boolean>(lit`UnresolvedWindowDuration`, THIS_LIBRARY, (isKnown) =>
  (isKnown ? undefined : "'duration' must be known at synthesis, got a token; use 'parse' with a token for the whole window"));

export const VALID_LENGTH = errorRule<LengthInput>(lit`InvalidWindowLength`, SOURCE, ({ minutes, period, got }) =>
  (Number.isInteger(minutes) && minutes >= SHORTEST_MINUTES && minutes < period
    ? undefined
    : `a window must be open for whole minutes, at least ${SHORTEST_MINUTES} and under ${period}, got ${got}`));

export const DAILY_FORM = errorRule<TextInput>(lit`InvalidDailyWindow`, SOURCE, ({ text, isValid }) =>
  (isValid ? undefined : `a daily window must be of the form 'hh:mm-hh:mm' in UTC, such as '03:00-04:00', got ${shown(text)}`));

export const WEEKLY_FORM = errorRule<TextInput & { readonly days: readonly string[] }>(lit`InvalidWeeklyWindow`, SOURCE, ({ text, isValid, days }) =>
  (isValid
    ? undefined
    : `a weekly window must be of the form 'ddd:hh:mm-ddd:hh:mm' in UTC, such as 'sun:05:00-sun:06:00', with a day of ${days.join(', ')}, ` +
      `got ${shown(text)}`));
