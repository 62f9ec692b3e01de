import { settings, type Setting } from './settings.ts'

/** docs/settings.md, made from the schema: every setting with type, default, limits, variable and meaning. */
export function settingsPage(): string {
  const names = new Set(settings.map(sectionOf))
  return [introduction, ...[...names].map(sectionText)].join('\n')
}

const introduction = `# Settings

This page is made from \`config/schema.ts\` (\`portico config settings\` prints it); a test keeps the two equal.

Portico reads one YAML file: the one that \`--config FILE\` names, else \`PORTICO_CONFIG\`, else \`./portico.yaml\`. Without a
file everything has its default. Each setting can also be given as an environment variable, which goes before the file; lists
are separated by commas there, and an empty variable counts as not set. Unknown keys and unknown \`PORTICO_…\` variables are
errors, and all errors are told at once, each with file, line and field. \`portico config check\` tells them without starting
anything, \`portico config show\` prints what is in force. A file that holds a secret must be readable by its owner alone.
Relative paths start at the working directory.
`

function sectionOf({ path }: Setting): string {
  return path.length === 1 ? 'General' : path.slice(0, path[0] === 'listen' ? 2 : 1).join('.')
}

function sectionText(name: string): string {
  const head = '| setting | type | default | allowed | meaning |\n|---|---|---|---|---|\n'
  const rows = settings.filter(setting => sectionOf(setting) === name).map(row)
  return `## ${name}\n\n${head}${rows.join('')}`
}

function row({ path, env, type, standard, allowed, meaning }: Setting): string {
  const standardText = standard === undefined ? '–' : `\`${JSON.stringify(standard)}\``
  return `| \`${path.join('.')}\`<br>\`${env}\` | ${type} | ${standardText} | ${allowed || '–'} | ${meaning} |\n`
}
