/** What agents may dial, and how much: the controls against toll fraud. */
export interface DialPolicy {
  /** What a number must begin with, one of them; none: any number. Holds for agents none of whose groups says otherwise. */
  readonly prefixes: readonly string[]
  /** The most calls of one agent at once, and within an hour. */
  readonly calls: number
  readonly callsPerHour: number
  readonly groups: readonly DialGroup[]
  /** Words that may be dialled instead of numbers; they are under the same rules. */
  readonly aliases: readonly { readonly name: string; readonly number: string }[]
}

/** What holds for the agents of one group. */
export interface DialGroup {
  readonly group: string
  /** Its agents may dial these. */
  readonly prefixes?: readonly string[]
  /** The most calls of all its agents together at once, and within an hour. */
  readonly calls?: number
  readonly callsPerHour?: number
}

/** A limit on the calls of one agent, or of all agents of a group together. */
export interface DialLimit {
  readonly kind: 'agent' | 'group'
  readonly id: string
  readonly calls?: number
  readonly callsPerHour?: number
}

/** What may be dialled as it is: nothing that Asterisk, a URI or a dialplan could take for more than digits. */
export const dialledNumber = /^(?=.{1,32}$)\+?[0-9*#]+$/

/** The number behind what was dialled: itself, or that of the alias; undefined when it is neither. */
export function numberOf(dialled: string, { aliases }: Pick<DialPolicy, 'aliases'>): string | undefined {
  if (dialledNumber.test(dialled)) return dialled
  return aliases.find(({ name }) => name === dialled.toLowerCase())?.number
}

/** What a number of an agent of these groups must begin with, one of them; none: any number. */
export function prefixesOf(groups: readonly string[], policy: DialPolicy): readonly string[] {
  const lists = policy.groups.flatMap(({ group, prefixes }) =>
    prefixes !== undefined && groups.includes(group) ? [prefixes] : [],
  )
  return lists.length === 0 ? policy.prefixes : [...new Set(lists.flat())]
}

/** Whether an agent of these groups may dial that number. */
export function mayDial(number: string, groups: readonly string[], policy: DialPolicy): boolean {
  const prefixes = prefixesOf(groups, policy)
  return prefixes.length === 0 || prefixes.some(prefix => number.startsWith(prefix))
}

/** Every limit that a call of that agent is under. */
export function limitsOf(agent: string, groups: readonly string[], policy: DialPolicy): readonly DialLimit[] {
  const { calls, callsPerHour } = policy
  const ofGroups = policy.groups
    .filter(({ group }) => groups.includes(group))
    .map(({ group: id, calls: atOnce, callsPerHour: hourly }): DialLimit => {
      return {
        kind: 'group',
        id,
        ...(atOnce !== undefined && { calls: atOnce }),
        ...(hourly !== undefined && { callsPerHour: hourly }),
      }
    })
  return [{ kind: 'agent', id: agent, calls, callsPerHour }, ...ofGroups]
}
