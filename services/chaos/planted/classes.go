//go:build unix

package planted

// classes is what a run can see and what it cannot, for the page.
const classes = `
## What a run sees

Of the source: every line that it has handed over, and every post that its search still finds in the end, is in tweets.raw, so
also what was posted while nobody was connected. tweets.raw has nothing that was never handed over, and all looks at a post
stand in one partition. While it can keep a position and cannot write posts, the position that ingest keeps is one of a post that
is written.

Of what is made: each raw record has become one document, one deletion or one dead letter; a post no dead letter; a document
says what its line says, in every field that it copies, and for teams and popularity what the contest file says; a dead letter
holds what was refused.

Of where it goes: the index has each post once, at its newest version, with this document, where it belongs, and no other;
each refusal has one document; the archive has each record once, byte for byte. The live page counts for each day and team what
the index has.

## What it does not see

- The same line twice in tweets.raw. It may be there twice after an answer that was lost; index and page count a post once.
- Broken lines and reposts that a killed ingest had read and not written: the source's search gives out neither, so nobody can
  make up for them. One that was handed over just then counts as lost all the same.
- A look that the refresher has not had, and a deletion that nobody has asked for: what the source says only when it is
  asked is not on record.
- What is judged and not copied: sentiment, advertisement, growth, the media of a quote, names of authors.
- Tables in Parquet, the compaction of the archive, and what is put back by redrive.
- Money: what was billed, and whether a budget holds.

These are left to the tests (planted.md).
`
