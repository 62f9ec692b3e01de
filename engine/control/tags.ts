/** Why an application may not call itself that; undefined when it may. The limits are those of drachtio-srf. */
export function tagsFault(tags: readonly string[]): string | undefined {
  if (tags.length > maxTags) return `at most ${maxTags} tags`
  return tags.every(tag => tagPattern.test(tag)) ? undefined : 'a tag is 1 to 32 of A-Z a-z 0-9 - _ + @ :'
}

const maxTags = 20
const tagPattern = /^[\w+@:-]{1,32}$/
