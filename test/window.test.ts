import { Duration, Lazy, Token } from 'aws-cdk-lib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DailyWindow, DayOfWeek, WeeklyWindow } from '../src/window';
import type { DailyWindowOptions } from '../src/window';

const TOKEN = Token.asString({ Ref: 'Window' });
const MINUTES_PER_DAY = 24 * 60;
const DAYS = Object.values(DayOfWeek);

describe('daily', () => {
  test.each<[DailyWindowOptions, string]>([
    [{ hour: 0 }, '00:00-01:00'],
    [{ hour: 3, minute: 5 }, '03:05-04:05'],
    [{ hour: 23, minute: 30 }, '23:30-00:30'],
    [{ hour: 23, minute: 59, duration: Duration.minutes(61) }, '23:59-01:00'],
    [{ hour: 12, duration: Duration.minutes(1439) }, '12:00-11:59'],
    [{ hour: 12, duration: Duration.seconds(3600) }, '12:00-13:00'],
  ])('of %j is %s', (options, text) => {
    expect(DailyWindow.of(options).toString()).toBe(text);
    expect(DailyWindow.parse(text).toString()).toBe(text);
  });

  test.each<[string, DailyWindowOptions]>([
    ["'hour' must be a whole number from 0 to 23 (UTC), got 24", { hour: 24 }],
    ["'hour' must be a whole number from 0 to 23 (UTC), got -1", { hour: -1 }],
    ["'hour' must be a whole number from 0 to 23 (UTC), got 1.5", { hour: 1.5 }],
    ["'hour' must be a whole number from 0 to 23 (UTC), got NaN", { hour: NaN }],
    ["'minute' must be a whole number from 0 to 59, got 60", { hour: 1, minute: 60 }],
    ["'minute' must be a whole number from 0 to 59, got -1", { hour: 1, minute: -1 }],
    ['a window must be open for whole minutes, at least 60 and under 1440, got 59 minutes', { hour: 1, duration: Duration.minutes(59) }],
    ['a window must be open for whole minutes, at least 60 and under 1440, got 1 day', { hour: 1, duration: Duration.days(1) }],
    ['a window must be open for whole minutes, at least 60 and under 1440, got 1 hour 1 second', { hour: 1, duration: Duration.seconds(3601) }],
    ['a window must be open for whole minutes, at least 60 and under 1440, got 1 hour 500 millis', { hour: 1, duration: Duration.millis(3600500) }],
    ["'hour' and 'minute' must be known at synthesis, got a token; use 'parse' with a token for the whole window", { hour: Lazy.number({ produce: () => 1 }) }],
    [
      "'hour' and 'minute' must be known at synthesis, got a token; use 'parse' with a token for the whole window",
      { hour: 1, minute: Lazy.number({ produce: () => 1 }) },
    ],
    [
      "'duration' must be known at synthesis, got a token; use 'parse' with a token for the whole window",
      { hour: 1, duration: Duration.hours(Lazy.number({ produce: () => 1 })) },
    ],
  ])('fails with %j', (message, options) => {
    expect(() => DailyWindow.of(options)).toThrow(new RegExp(`^${literally(message)}$`));
  });

  test.each(['', '3:00-4:00', '03:00', '03:00-04:00-05:00', '24:00-01:00', '03:60-05:00', 'mon:03:00-mon:04:00', '03:00 - 04:00', '03:00-04:00\n'])(
    'fails to parse %j', (text) => {
      expect(() => DailyWindow.parse(text)).toThrow(/^a daily window must be of the form 'hh:mm-hh:mm' in UTC, such as '03:00-04:00', got "/);
    });

  test.each(['03:00-03:00', '03:00-03:59', '23:30-00:29'])('fails to parse %j, which is too short', (text) => {
    expect(() => DailyWindow.parse(text)).toThrow(/^a window must be open for whole minutes, at least 60 and under 1440, got "/);
  });

  test('takes a token', () => {
    expect(DailyWindow.parse(TOKEN).toString()).toBe(TOKEN);
  });
});

describe('weekly', () => {
  test.each([
    [{ day: DayOfWeek.SUNDAY, hour: 5 }, 'sun:05:00-sun:06:00'],
    [{ day: DayOfWeek.SATURDAY, hour: 23, minute: 30 }, 'sat:23:30-sun:00:30'],
    [{ day: DayOfWeek.MONDAY, hour: 0, duration: Duration.days(2) }, 'mon:00:00-wed:00:00'],
    [{ day: DayOfWeek.MONDAY, hour: 1, duration: Duration.minutes(7 * MINUTES_PER_DAY - 1) }, 'mon:01:00-mon:00:59'],
  ])('of %j is %s', (options, text) => {
    expect(WeeklyWindow.of(options).toString()).toBe(text);
    expect(WeeklyWindow.parse(text).toString()).toBe(text);
  });

  test('fails for a whole week', () => {
    expect(() => WeeklyWindow.of({ day: DayOfWeek.MONDAY, hour: 1, duration: Duration.days(7) })).toThrow(
      /^a window must be open for whole minutes, at least 60 and under 10080, got 7 days$/,
    );
  });

  test.each(['', '05:00-06:00', 'SUN:05:00-SUN:06:00', 'sunday:05:00-sunday:06:00', 'sun:05:00', 'xyz:05:00-xyz:06:00', 'sun-05:00-sun-06:00'])(
    'fails to parse %j', (text) => {
      expect(() => WeeklyWindow.parse(text)).toThrow(/^a weekly window must be of the form 'ddd:hh:mm-ddd:hh:mm' in UTC, .* got "/);
    });

  test.each(['sun:05:00-sun:05:59', 'sat:23:30-sun:00:29', 'sun:05:00-sun:05:00'])('fails to parse %j, which is too short', (text) => {
    expect(() => WeeklyWindow.parse(text)).toThrow(/^a window must be open for whole minutes, at least 60 and under 10080, got "/);
  });

  test('takes a token', () => {
    expect(WeeklyWindow.parse(TOKEN).toString()).toBe(TOKEN);
  });
});

test('windows overlap if they share a minute', () => {
  const minuteOfDay = fc.integer({ min: 0, max: MINUTES_PER_DAY - 1 });
  fc.assert(
    fc.property(
      minuteOfDay, fc.integer({ min: 60, max: 300 }), fc.nat(6), minuteOfDay, fc.integer({ min: 60, max: 300 }),
      (dailyStart, dailyLength, day, weeklyStart, weeklyLength) => {
        const at = (minute: number, length: number) => ({ hour: Math.floor(minute / 60), minute: minute % 60, duration: Duration.minutes(length) });
        const daily = DailyWindow.of(at(dailyStart, dailyLength));
        const weekly = WeeklyWindow.of({ day: DAYS[day], ...at(weeklyStart, weeklyLength) });
        const dailyMinutes = new Set(Array.from({ length: dailyLength }, (_, minute) => (dailyStart + minute) % MINUTES_PER_DAY));
        const weeklyMinutes = Array.from({ length: weeklyLength }, (_, minute) => (weeklyStart + minute) % MINUTES_PER_DAY);
        const shared = weeklyMinutes.some((minute) => dailyMinutes.has(minute));
        expect(daily.overlaps(weekly)).toBe(shared);
      },
    ),
  );
});

test('windows that are tokens do not overlap', () => {
  expect(DailyWindow.parse(TOKEN).overlaps(WeeklyWindow.parse('sun:05:00-sun:06:00'))).toBe(false);
  expect(DailyWindow.parse('05:00-06:00').overlaps(WeeklyWindow.parse(TOKEN))).toBe(false);
});

function literally(text: string): string {
  return text.replace(/[()|.]/g, '\\$&');
}
