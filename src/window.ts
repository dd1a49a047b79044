import { Duration, Token } from 'aws-cdk-lib';
import { shown } from './private/errors';
import { demand } from './private/rules/rule';
import { DAILY_FORM, KNOWN_DURATION, KNOWN_TIME, VALID_HOUR, VALID_LENGTH, VALID_MINUTE, WEEKLY_FORM } from './private/rules/windows';

const MINUTES_PER_DAY = 24 * 60;
const MINUTES_PER_WEEK = 7 * MINUTES_PER_DAY;

/**
 * A day of the week, in the service's spelling.
 */
export enum DayOfWeek {
  /** Sunday. */
  SUNDAY = 'sun',
  /** Monday. */
  MONDAY = 'mon',
  /** Tuesday. */
  TUESDAY = 'tue',
  /** Wednesday. */
  WEDNESDAY = 'wed',
  /** Thursday. */
  THURSDAY = 'thu',
  /** Friday. */
  FRIDAY = 'fri',
  /** Saturday. */
  SATURDAY = 'sat',
}

const DAYS: readonly string[] = Object.values(DayOfWeek);

/**
 * When a daily window opens and how long it stays open.
 */
export interface DailyWindowOptions {
  /** Hour at which the window opens, 0 to 23, in UTC. */
  readonly hour: number;

  /**
   * Minute at which the window opens, 0 to 59.
   *
   * @default 0
   */
  readonly minute?: number;

  /**
   * How long the window stays open: whole minutes, at least 60 of them.
   *
   * @default Duration.hours(1)
   */
  readonly duration?: Duration;
}

/**
 * When a weekly window opens and how long it stays open.
 */
export interface WeeklyWindowOptions extends DailyWindowOptions {
  /** Day on which the window opens, in UTC. */
  readonly day: DayOfWeek;
}

/**
 * A stretch of time that returns every day, in UTC; at least 60 minutes long.
 */
export class DailyWindow {
  /**
   * A window that opens at a time of day.
   *
   * @throws when the time does not exist or the duration is under 60 minutes or not under 24 hours
   */
  public static of(options: DailyWindowOptions): DailyWindow {
    const start = minuteOfDay(options);
    const end = (start + lengthOf(options, MINUTES_PER_DAY)) % MINUTES_PER_DAY;
    return new DailyWindow(`${timeOfDay(start)}-${timeOfDay(end)}`);
  }

  /**
   * A window as the service writes it: `hh:mm-hh:mm`, for example `03:00-04:00`.
   *
   * @throws when the text has another form or the window is under 60 minutes long
   */
  public static parse(text: string): DailyWindow {
    if (!Token.isUnresolved(text)) {
      const [start, end, ...more] = text.split('-').map(parseTimeOfDay);
      demand([DAILY_FORM], { text, isValid: start !== undefined && end !== undefined && more.length === 0 });
      checkLength((end! - start! + MINUTES_PER_DAY) % MINUTES_PER_DAY, MINUTES_PER_DAY, shown(text));
    }
    return new DailyWindow(text);
  }

  private constructor(private readonly text: string) {}

  /**
   * The window as the service writes it: `hh:mm-hh:mm`.
   */
  public toString(): string {
    return this.text;
  }

  /**
   * Whether this window and a weekly one share a minute; false when either is a token.
   */
  public overlaps(other: WeeklyWindow): boolean {
    const weekly = other.toString();
    if (Token.isUnresolved(this.text) || Token.isUnresolved(weekly)) {
      return false;
    }
    const [start, end] = this.text.split('-').map((time) => parseTimeOfDay(time)!);
    const [from, to] = weekly.split('-').map((time) => parseTimeOfWeek(time)!);
    const length = (end - start + MINUTES_PER_DAY) % MINUTES_PER_DAY;
    const weeklyLength = (to - from + MINUTES_PER_WEEK) % MINUTES_PER_WEEK;
    return DAYS.some((_, day) => {
      const opens = day * MINUTES_PER_DAY + start;
      return (opens - from + MINUTES_PER_WEEK) % MINUTES_PER_WEEK < weeklyLength || (from - opens + MINUTES_PER_WEEK) % MINUTES_PER_WEEK < length;
    });
  }
}

/**
 * A stretch of time that returns every week, in UTC; at least 60 minutes long.
 */
export class WeeklyWindow {
  /**
   * A window that opens at a time of the week.
   *
   * @throws when the time does not exist or the duration is under 60 minutes or not under 7 days
   */
  public static of(options: WeeklyWindowOptions): WeeklyWindow {
    const start = DAYS.indexOf(options.day) * MINUTES_PER_DAY + minuteOfDay(options);
    const end = (start + lengthOf(options, MINUTES_PER_WEEK)) % MINUTES_PER_WEEK;
    return new WeeklyWindow(`${timeOfWeek(start)}-${timeOfWeek(end)}`);
  }

  /**
   * A window as the service writes it: `ddd:hh:mm-ddd:hh:mm`, for example `sun:05:00-sun:06:00`.
   *
   * @throws when the text has another form or the window is under 60 minutes long
   */
  public static parse(text: string): WeeklyWindow {
    if (!Token.isUnresolved(text)) {
      const [start, end, ...more] = text.split('-').map(parseTimeOfWeek);
      demand([WEEKLY_FORM], { text, isValid: start !== undefined && end !== undefined && more.length === 0, days: DAYS });
      checkLength((end! - start! + MINUTES_PER_WEEK) % MINUTES_PER_WEEK, MINUTES_PER_WEEK, shown(text));
    }
    return new WeeklyWindow(text);
  }

  private constructor(private readonly text: string) {}

  /**
   * The window as the service writes it: `ddd:hh:mm-ddd:hh:mm`.
   */
  public toString(): string {
    return this.text;
  }
}

function minuteOfDay(options: DailyWindowOptions): number {
  const { hour, minute = 0 } = options;
  demand([KNOWN_TIME, VALID_HOUR, VALID_MINUTE], { hour, minute });
  return hour * 60 + minute;
}

function lengthOf(options: DailyWindowOptions, period: number): number {
  const duration = options.duration ?? Duration.hours(1);
  demand([KNOWN_DURATION], !duration.isUnresolved());
  const minutes = duration.toSeconds({ integral: false }) / 60;
  checkLength(minutes, period, duration.toHumanString());
  return minutes;
}

function checkLength(minutes: number, period: number, got: string): void {
  demand([VALID_LENGTH], { minutes, period, got });
}

function timeOfDay(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function timeOfWeek(minutes: number): string {
  return `${DAYS[Math.floor(minutes / MINUTES_PER_DAY)]}:${timeOfDay(minutes % MINUTES_PER_DAY)}`;
}

function parseTimeOfDay(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return match ? Number(match[1]) * 60 + Number(match[2]) : undefined;
}

function parseTimeOfWeek(text: string): number | undefined {
  const day = DAYS.indexOf(text.slice(0, 3));
  const time = text[3] === ':' ? parseTimeOfDay(text.slice(4)) : undefined;
  return day < 0 || time === undefined ? undefined : day * MINUTES_PER_DAY + time;
}
