// The search of Sphinx wants every word on a page. Those who paste an error message paste their own values with it: where
// nothing has all the words, pages come that have the most of them. The pages of messages come first for what may be one.
if (typeof Search !== "undefined") {
  const strict = Search.performTermsSearch;
  const known = (word) =>
    [Search._index.terms, Search._index.titleterms].some(
      (terms) => Object.hasOwn(terms, word) || (word.length > 2 && Object.keys(terms).some((term) => term.includes(word))),
    );
  Search.performTermsSearch = (words, excluded) => {
    const found = strict(words, excluded);
    const pasted = words.size > 2 || words.has("must") || words.has("got");
    if (pasted) for (const page of found) if (page[0].startsWith("api/messages-")) page[4] += 20;
    const rest = new Set([...words].filter(known));
    if (found.length || words.size < 2 || !rest.size) return found;
    const pages = new Map(); // of the words that are known
    for (const word of rest)
      for (const page of strict(new Set([word]), excluded)) {
        const before = pages.get(page[0]) ?? { page, words: 0 };
        pages.set(page[0], { page, words: before.words + 1 });
      }
    const most = Math.max(0, ...[...pages.values()].map((each) => each.words));
    return [...pages.values()].filter((each) => each.words === most)
      .map((each) => ((each.page[4] += each.page[0].startsWith("api/messages-") ? 20 : 0), each.page));
  };
}
