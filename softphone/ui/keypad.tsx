import type { JSX } from 'preact'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const
const names: Readonly<Record<string, string>> = { '*': 'Star', '#': 'Hash' }

/** A telephone's keys, for machines that ask to press one. */
export function Keypad({ onPress }: { readonly onPress: (digit: string) => void }): JSX.Element {
  return (
    <details>
      <summary>Keypad</summary>
      <div class="keys" role="group" aria-label="Keypad">
        {keys.map(key => (
          <button key={key} type="button" aria-label={names[key] ?? key} onClick={() => onPress(key)}>
            {key}
          </button>
        ))}
      </div>
    </details>
  )
}
