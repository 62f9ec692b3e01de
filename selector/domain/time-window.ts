import { days, type TimeWindow } from './route.ts'

/** A time window that is ready to be asked. */
export type OpenAt = (wallMs: number) => boolean

/** The minute of the week that each zone was last asked for: calls come many to a minute. */
interface Minute {
  readonly minute: number
  readonly day: number
  readonly time: number
}

/** Whether at a wall-clock time, in milliseconds, the window is open. Throws a RangeError for a zone that does not exist. */
export function openAt({ days: wanted, from, until, zone }: TimeWindow): OpenAt {
  const localTime = clocks.get(zone) ?? clockIn(zone)
  if (clocks.size >= mostClocks) clocks.clear()
  clocks.set(zone, localTime)
  const opens = minutesOf(from)
  const closes = minutesOf(until)
  const onDays = new Set((wanted ?? days).map(day => days.indexOf(day)))
  return wallMs => {
    const { day, time } = localTime(wallMs)
    if (opens < closes) return onDays.has(day) && time >= opens && time < closes
    // Over midnight: the morning belongs to the day before.
    return (time >= opens && onDays.has(day)) || (time < closes && onDays.has((day + 6) % 7))
  }
}

/** Whether there is such a time zone. */
export function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: zone }).format(0) !== ''
  } catch {
    return false
  }
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return hours * 60 + minutes
}

/** One for each zone that any window names: many windows ask for the same minute. */
const clocks = new Map<string, (wallMs: number) => Minute>()

/** More than there are zones: their names may be written in several ways. */
const mostClocks = 1_000

function clockIn(zone: string): (wallMs: number) => Minute {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  let last: Minute = { minute: -1, day: 0, time: 0 }
  return wallMs => {
    const minute = Math.floor(wallMs / 60_000)
    if (minute === last.minute) return last
    const parts = new Map(format.formatToParts(minute * 60_000).map(({ type, value }) => [type, value]))
    const name = parts.get('weekday')?.toLowerCase()
    const time = Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
    last = { minute, day: days.findIndex(day => day === name), time }
    return last
  }
}
