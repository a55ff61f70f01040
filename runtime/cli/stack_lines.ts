/** The stack of an error, as it is printed. */

/** The calls of a stack, and the messages of causes; the message of the error itself stands above. */
export const stackLines = (stack: string): readonly string[] =>
  stack.split('\n').filter(line => /^(\s+at |Caused by )/.test(line))
