/** The order of items that score equally. */

/**
 * Items that score equally: `expected` counts the mean over every order of them, `against` takes the order that is worst
 * for the model, `for` the best.
 * @source Berrendorf et al., arXiv 2002.06914: realistic, pessimistic and optimistic ranks
 */
export type TieRule = 'expected' | 'against' | 'for'
