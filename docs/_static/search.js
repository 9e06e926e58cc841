// The search of Sphinx wants every word on a page. Those who paste an error message paste their own values with it: where
// nothing has all the words, pages come that have the most of them.
if (typeof Search !== "undefined") {
  const strict = Search.performTermsSearch;
  const known = (word) =>
    [Search._index.terms, Search._index.titleterms].some(
      (terms) => Object.hasOwn(terms, word) || (word.length > 2 && Object.keys(terms).some((term) => term.includes(word))),
    );
  Search.performTermsSearch = (words, excluded) => {
    const found = strict(words, excluded);
    const rest = new Set([...words].filter(known));
    if (found.length || words.size < 2 || !rest.size) return found;
    const pages = new Map();
    for (const word of rest)
      for (const page of strict(new Set([word]), excluded)) {
        const before = pages.get(page[0]) ?? { page, words: 0 };
        pages.set(page[0], { page, words: before.words + 1 });
      }
    const most = Math.max(0, ...[...pages.values()].map((each) => each.words));
    return [...pages.values()].filter((each) => each.words === most).map((each) => each.page);
  };
}
