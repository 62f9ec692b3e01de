/**
 * The Q.850 cause of a final SIP status (RFC 3398 §8.2.6.1). A class that the table does not know means what its first
 * status means (RFC 3261 §8.1.3.2).
 */
export function causeOfStatus(status: number): number {
  return causes.get(status) ?? (status >= 600 ? 21 : status >= 500 ? 41 : 127)
}

const causes: ReadonlyMap<number, number> = new Map([
  [400, 41],
  [401, 21],
  [402, 21],
  [403, 21],
  [404, 1],
  [405, 63],
  [406, 79],
  [407, 21],
  [408, 102],
  [410, 22],
  [413, 127],
  [414, 127],
  [415, 79],
  [416, 127],
  [420, 127],
  [421, 127],
  [423, 127],
  [480, 18],
  [481, 41],
  [482, 25],
  [483, 25],
  [484, 28],
  [485, 1],
  [486, 17],
  [487, 31],
  [488, 65],
  [500, 41],
  [501, 79],
  [502, 38],
  [503, 41],
  [504, 102],
  [505, 127],
  [513, 127],
  [600, 17],
  [603, 21],
  [604, 1],
  [606, 65],
])

/** The SIP status of a Q.850 cause with which a call failed (RFC 3398 §7.2.4.1). */
export function statusOfCause(cause: number): number {
  return statuses.get(cause) ?? 500
}

const statuses: ReadonlyMap<number, number> = new Map([
  [1, 404],
  [2, 404],
  [3, 404],
  [17, 486],
  [18, 408],
  [19, 480],
  [20, 480],
  [21, 403],
  [22, 410],
  [26, 404],
  [27, 502],
  [28, 484],
  [29, 501],
  [31, 480],
  [34, 503],
  [38, 503],
  [41, 503],
  [42, 503],
  [47, 503],
  [55, 403],
  [57, 403],
  [58, 503],
  [65, 488],
  [70, 488],
  [79, 501],
  [87, 403],
  [88, 503],
  [102, 504],
])

/** What a cause means to a person. */
export function causeText(cause: number): string {
  return texts.get(cause) ?? 'the call could not be completed'
}

const texts: ReadonlyMap<number, string> = new Map([
  [1, 'there is no such number'],
  [16, 'hung up'],
  [17, 'busy'],
  [18, 'nobody answers'],
  [19, 'nobody answers'],
  [21, 'refused'],
  [22, 'the number has changed'],
  [28, 'the number is not complete'],
  [31, 'given up'],
  [34, 'all lines are busy'],
  [38, 'the carrier cannot be reached'],
  [41, 'the carrier cannot take it now'],
  [65, 'the other side takes no such call'],
  [102, 'no answer in time'],
])
