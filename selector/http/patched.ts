/** The fields of an object that a patch may take away by null. */
type Patch<T> = { readonly [Key in keyof T]?: T[Key] | null }

/** `current` with what `patch` names: null takes a field away, anything else replaces it. */
export function patched<T extends object>(current: T, patch: Patch<T>): T {
  const entries = Object.entries({ ...current, ...patch }).filter(([, value]) => value !== null)
  // A schema lets null stand only where the field may be absent; the compiler cannot be told.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(entries) as T
}
