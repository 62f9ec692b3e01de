import type { Clock } from '../../runtime/clock.ts'
import type { TimerName } from './timers.ts'

/** Whose timers ring. */
export interface Ringing {
  ring(timer: TimerName): void
}

/** One timer of one owner, set and taken back as often as needed; it costs nothing while it does not run. */
export class Alarm {
  readonly owner: Ringing
  /** What it rings for; undefined while it does not run. */
  timer: TimerName | undefined
  /** The wheel's own. */
  due = 0
  slot = 0
  previous: Alarm | undefined
  next: Alarm | undefined

  constructor(owner: Ringing) {
    this.owner = owner
  }
}

/**
 * All timers of an engine on one wheel, turned by one timer of the clock while any of them runs. An alarm never rings early
 * and at most one tick late; after a stall of the process everything overdue rings once.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #slots: (Alarm | undefined)[]
  /** The slot of alarms that are about to ring. */
  readonly #ringing: number
  #turned = 0
  #size = 0
  #cancel: (() => void) | undefined

  constructor(clock: Clock, tickMs = 10, slots = 4096) {
    this.#clock = clock
    this.#tickMs = tickMs
    this.#slots = Array.from<Alarm | undefined>({ length: slots + 1 }).fill(undefined)
    this.#ringing = slots
  }

  /** How many alarms run. */
  get size(): number {
    return this.#size
  }

  /** Lets `alarm` ring for `timer` when the clock shows `at`, instead of whatever it was set to. */
  set(alarm: Alarm, timer: TimerName, at: number): void {
    this.clear(alarm)
    if (this.#size === 0) this.#turned = Math.floor(this.#clock.now() / this.#tickMs)
    alarm.timer = timer
    alarm.due = Math.max(Math.ceil(at / this.#tickMs), this.#turned + 1)
    this.#put(alarm, alarm.due % this.#ringing)
    this.#size++
    this.#cancel ??= this.#clock.after(this.#tickMs, this.#turn)
  }

  /** Takes `alarm` back; one that does not run is no error. */
  clear(alarm: Alarm): void {
    if (alarm.timer === undefined) return
    alarm.timer = undefined
    this.#take(alarm)
    this.#size--
    if (this.#size === 0) this.stop()
  }

  /** Turns no more until the next alarm is set. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  readonly #turn = (): void => {
    const now = Math.floor(this.#clock.now() / this.#tickMs)
    const first = Math.max(this.#turned + 1, now - this.#ringing + 1)
    this.#turned = now
    this.#cancel = this.#clock.after(this.#tickMs, this.#turn)
    for (let tick = first; tick <= now; tick++) this.#collect(tick % this.#ringing, now)
    this.#ring()
  }

  /** Moves what is due out of the slot, so that an alarm which is set again while others ring waits for its turn. */
  #collect(slot: number, now: number): void {
    for (let alarm = this.#slots[slot]; alarm !== undefined;) {
      const { next } = alarm
      if (alarm.due <= now) {
        this.#take(alarm)
        this.#put(alarm, this.#ringing)
      }
      alarm = next
    }
  }

  #ring(): void {
    for (let alarm = this.#slots[this.#ringing]; alarm !== undefined; alarm = this.#slots[this.#ringing]) {
      const { owner, timer } = alarm
      this.clear(alarm)
      if (timer !== undefined) owner.ring(timer)
    }
  }

  #put(alarm: Alarm, slot: number): void {
    const head = this.#slots[slot]
    alarm.slot = slot
    alarm.previous = undefined
    alarm.next = head
    if (head !== undefined) head.previous = alarm
    this.#slots[slot] = alarm
  }

  #take(alarm: Alarm): void {
    if (alarm.previous === undefined) this.#slots[alarm.slot] = alarm.next
    else alarm.previous.next = alarm.next
    if (alarm.next !== undefined) alarm.next.previous = alarm.previous
    alarm.previous = undefined
    alarm.next = undefined
  }
}
