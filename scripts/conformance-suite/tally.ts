/** What one file of the suite said. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  /** The lines that say what failed. */
  readonly complaints: readonly string[]
}

/** Counts the assertions in the output of `tape`. A run that stops before its last line (`# ok` or `# fail`) has failed once more. */
export function tapeTally(output: string, code: number | null): Tally {
  const lines = output.split('\n')
  const complaints = lines.filter(line => line.startsWith('not ok '))
  const passed = lines.filter(line => line.startsWith('ok ')).length
  const hasEnded = lines.some(line => /^# (?:ok|fail)\b/.test(line.trim()))
  if (hasEnded && (code === 0 || complaints.length > 0))
    return { passed, failed: complaints.length, complaints }
  const stopped =
    code === null ? 'was ended, it took too long' : `stopped before its end with exit code ${code}`
  return { passed, failed: complaints.length + 1, complaints: [...complaints, stopped] }
}

/** Counts the tests in the JSON report of `mocha`; no report is one failure. */
export function mochaTally(report: string): Tally {
  const found = /"stats":\s*\{[^}]*\}/.exec(report)?.[0] ?? ''
  const count = (name: string): number | undefined => {
    const digits = new RegExp(`"${name}":\\s*(\\d+)`).exec(found)?.[1]
    return digits === undefined ? undefined : Number(digits)
  }
  const [passed, failed] = [count('passes'), count('failures')]
  if (passed === undefined || failed === undefined)
    return { passed: 0, failed: 1, complaints: ['mocha left no report'] }
  return { passed, failed, complaints: failed === 0 ? [] : failedTitles(report) }
}

function failedTitles(report: string): readonly string[] {
  const failures = report.slice(report.lastIndexOf('"failures": ['))
  return [...failures.matchAll(/"fullTitle":\s*"((?:[^"\\]|\\.)*)"/g)].map(([, title = '']) => title)
}
