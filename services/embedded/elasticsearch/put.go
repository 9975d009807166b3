package elasticsearch

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// number is a row of the b-tree: a value of an ordered field.
type number struct {
	field int64
	value any // int64 or float64
}

func numbersOf(postings []posting, fieldNumber func(path string) int64) []number {
	var numbers []number
	for _, p := range postings {
		if p.value == nil || p.field.unindexed {
			continue
		}
		if n := (number{fieldNumber(p.path), p.value}); !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// put replaces what is stored under op.id; without content the document is deleted and its version kept.
func (w *writer) put(ctx context.Context, c *catalog, x *index, op *operation, old stored, version int64, content *indexed) error {
	source := sql.NullString{String: string(op.source), Valid: content != nil}
	seqNo := w.nextSeqNo[x.id]
	if old.doc == 0 {
		result, err := w.insert.ExecContext(ctx, x.id, op.id, version, seqNo, source)
		if err == nil {
			old.doc, err = result.LastInsertId()
		}
		if err != nil {
			return fmt.Errorf("add document: %w", err)
		}
	} else if _, err := w.replace.ExecContext(ctx, version, seqNo, source, old.doc); err != nil {
		return fmt.Errorf("replace document: %w", err)
	}
	return w.reindex(ctx, c, x, old, content)
}

// reindex changes what a document is found by. Only the difference is written: most replacements repeat what is there,
// because records are delivered at least once, or change a few counts. What the old version was found by follows from its
// source and the mapping, which can only have grown since.
func (w *writer) reindex(ctx context.Context, c *catalog, x *index, old stored, content *indexed) error {
	var before, after []number
	var oldRow, newRow string
	if old.source.Valid {
		document, err := decodeDocument([]byte(old.source.String))
		if err != nil {
			return fmt.Errorf("read stored document: %w", err)
		}
		was, err := indexDocument(x.mapping, "", document)
		if err != nil {
			return fmt.Errorf("read stored document: %w", err)
		}
		before, oldRow = numbersOf(was.postings, c.number), tokens(x.id, was.postings, c.number)
	}
	if content != nil {
		after, newRow = numbersOf(content.postings, c.number), tokens(x.id, content.postings, c.number)
	}
	if oldRow != newRow && oldRow != "" {
		if _, err := w.dropTokens.ExecContext(ctx, old.doc); err != nil {
			return fmt.Errorf("forget tokens: %w", err)
		}
	}
	if oldRow != newRow && newRow != "" {
		if _, err := w.addTokens.ExecContext(ctx, old.doc, newRow); err != nil {
			return fmt.Errorf("index tokens: %w", err)
		}
	}
	for _, n := range before {
		if slices.Contains(after, n) {
			continue
		}
		if _, err := w.dropNumber.ExecContext(ctx, n.field, n.value, old.doc); err != nil {
			return fmt.Errorf("forget number: %w", err)
		}
	}
	return w.insertNumbers(ctx, old.doc, slices.DeleteFunc(after, func(n number) bool { return slices.Contains(before, n) }))
}

func (w *writer) insertNumbers(ctx context.Context, doc int64, numbers []number) error {
	rows := make([]any, 0, 3*numbersPerInsert)
	for _, n := range numbers {
		if rows = append(rows, n.field, n.value, doc); len(rows) < 3*numbersPerInsert {
			continue
		}
		if _, err := w.addNumbers.ExecContext(ctx, rows...); err != nil {
			return fmt.Errorf("index numbers: %w", err)
		}
		rows = rows[:0]
	}
	for ; len(rows) > 0; rows = rows[3:] {
		if _, err := w.addNumber.ExecContext(ctx, rows[:3]...); err != nil {
			return fmt.Errorf("index number: %w", err)
		}
	}
	return nil
}
