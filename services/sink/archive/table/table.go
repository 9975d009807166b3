package table

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"catsvdogs/services/pipeline/archived"
	"catsvdogs/services/pipeline/tweet"
)

// ContentType is what HTTP calls a Parquet file.
const ContentType = "application/vnd.apache.parquet"

// Bounds on what is held before it is written: a row group is what a reader holds, a page is what it skips by.
const (
	rowGroupRows = 20_000
	pageBytes    = 256 << 10
)

// Write writes the documents among the lines to w, in their order. lines passes each line of an object to its argument and
// returns what that returns. Deletions and suppressed records are no rows, and neither is a value that is no document: the
// lines tell of them. The same lines give the same bytes.
func Write(w io.Writer, lines func(each func(line []byte) error) error) error {
	rows := parquet.NewGenericWriter[row](w,
		parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroupRows), parquet.PageBufferSize(pageBytes),
		parquet.CreatedBy("catsvdogs", "", ""), parquet.DataPageStatistics(true))
	one := make([]row, 1)
	err := lines(func(text []byte) error {
		l, err := archived.ParseLine(text)
		if err != nil {
			return err
		}
		if l.Value == nil {
			return nil
		}
		d, err := tweet.Decode(l.Value)
		if err != nil || d.TweetID == "" {
			return nil
		}
		one[0] = rowOf(l, d)
		if _, err := rows.Write(one); err != nil {
			return fmt.Errorf("write a row: %w", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make a table: %w", err)
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("end a table: %w", err)
	}
	return nil
}
