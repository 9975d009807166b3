package elasticsearch

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// numbersPerInsert rows go into the b-tree with one statement; calls cost more than rows.
const numbersPerInsert = 8

// writer is the one connection that writes, with its statements. Used by whoever holds store.turn.
type writer struct {
	conn       *sql.Conn
	find       *sql.Stmt
	insert     *sql.Stmt
	replace    *sql.Stmt
	addTokens  *sql.Stmt
	dropTokens *sql.Stmt
	addNumber  *sql.Stmt
	addNumbers *sql.Stmt
	dropNumber *sql.Stmt
	nextSeqNo  map[int64]int64 // by index
}

func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{conn: conn, nextSeqNo: map[int64]int64{}}
	for statement, query := range map[**sql.Stmt]string{
		&w.find:       "SELECT doc, version, seq_no, source FROM docs WHERE idx=? AND id=?",
		&w.insert:     "INSERT INTO docs (idx, id, version, seq_no, source) VALUES (?,?,?,?,?)",
		&w.replace:    "UPDATE docs SET version=?, seq_no=?, source=? WHERE doc=?",
		&w.addTokens:  "INSERT INTO tokens (rowid, row) VALUES (?,?)",
		&w.dropTokens: "DELETE FROM tokens WHERE rowid=?",
		&w.addNumber:  "INSERT OR IGNORE INTO numbers (field, value, doc) VALUES (?,?,?)",
		&w.addNumbers: "INSERT OR IGNORE INTO numbers (field, value, doc) VALUES (?,?,?)" + strings.Repeat(",(?,?,?)", numbersPerInsert-1),
		&w.dropNumber: "DELETE FROM numbers WHERE field=? AND value=? AND doc=?",
	} {
		if *statement, err = conn.PrepareContext(ctx, query); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	rows, err := conn.QueryContext(ctx, "SELECT idx, max(seq_no) FROM docs GROUP BY idx")
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		var index, last int64
		if err := rows.Scan(&index, &last); err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.nextSeqNo[index] = last + 1
	}
	return w, rows.Err()
}

func (w *writer) close() error {
	for _, statement := range []*sql.Stmt{w.find, w.insert, w.replace, w.addTokens, w.dropTokens, w.addNumber, w.addNumbers, w.dropNumber} {
		if statement != nil {
			_ = statement.Close() // nothing is pending in a prepared statement
		}
	}
	return w.conn.Close()
}

// transact runs change as one transaction on a clone of the catalog, and publishes both or neither. It does not end
// with the request's context: a client that hangs up in the middle must not leave it open what it has written.
func (s *store) transact(ctx context.Context, change func(context.Context, *writer, *catalog) error) error {
	ctx = context.WithoutCancel(ctx)
	s.turn.Lock()
	defer s.turn.Unlock()
	if _, err := s.writer.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	before := s.current.Load()
	after := before.clone()
	err := change(ctx, s.writer, after)
	if err == nil {
		err = s.writer.saveFields(ctx, before, after)
	}
	if err == nil {
		if _, err = s.writer.conn.ExecContext(ctx, "COMMIT"); err != nil {
			err = fmt.Errorf("commit: %w", err)
		}
	}
	if err != nil {
		// A failed commit (disk full) leaves the transaction open, and the next begin would fail for it.
		if _, rolled := s.writer.conn.ExecContext(ctx, "ROLLBACK"); rolled != nil {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rolled))
		}
		return err
	}
	s.current.Store(after)
	return nil
}

func (w *writer) saveFields(ctx context.Context, before, after *catalog) error {
	if len(before.fields) == len(after.fields) {
		return nil
	}
	for path, id := range after.fields {
		if _, known := before.fields[path]; known {
			continue
		}
		if _, err := w.conn.ExecContext(ctx, "INSERT INTO fields (id, path) VALUES (?,?)", id, path); err != nil {
			return fmt.Errorf("save field: %w", err)
		}
	}
	return nil
}

// createIndex adds an index with what templates and own say of it.
func (w *writer) createIndex(ctx context.Context, c *catalog, name string, own parts) (*index, error) {
	if err := checkIndexName(name); err != nil {
		return nil, err
	}
	composed, err := c.compose(name, own)
	if err != nil {
		return nil, err
	}
	x := &index{name: name, uuid: rand.Text(), created: time.Now().UnixMilli(), mapping: composed.mapping, settings: composed.settings, aliases: composed.aliases}
	mapping, err1 := json.Marshal(x.mapping)
	settings, err2 := json.Marshal(x.settings)
	aliases, err3 := json.Marshal(x.aliases)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("create index %s: %w", name, err)
	}
	x.definition = string(mapping)
	result, err := w.conn.ExecContext(ctx, "INSERT INTO indices (name, uuid, created, mapping, settings, aliases) VALUES (?,?,?,?,?,?)",
		x.name, x.uuid, x.created, string(mapping), string(settings), string(aliases))
	if err != nil {
		return nil, fmt.Errorf("create index %s: %w", name, err)
	}
	if x.id, err = result.LastInsertId(); err != nil {
		return nil, fmt.Errorf("create index %s: %w", name, err)
	}
	c.indices[name] = x
	return x, nil
}

// growMapping gives an index a mapping with more fields.
func (w *writer) growMapping(ctx context.Context, c *catalog, x *index, mapping *field) error {
	text, err := json.Marshal(mapping)
	if err != nil {
		return fmt.Errorf("grow mapping of %s: %w", x.name, err)
	}
	if _, err := w.conn.ExecContext(ctx, "UPDATE indices SET mapping=? WHERE id=?", string(text), x.id); err != nil {
		return fmt.Errorf("grow mapping of %s: %w", x.name, err)
	}
	grown := *x
	grown.mapping, grown.definition = mapping, string(text)
	c.indices[x.name] = &grown
	return nil
}

// dropIndex removes an index with its documents.
func (w *writer) dropIndex(ctx context.Context, c *catalog, x *index) error {
	for _, query := range []string{
		"DELETE FROM tokens WHERE rowid IN (SELECT doc FROM docs WHERE idx=? AND source IS NOT NULL)",
		"DELETE FROM numbers WHERE doc IN (SELECT doc FROM docs WHERE idx=? AND source IS NOT NULL)",
		"DELETE FROM docs WHERE idx=?",
		"DELETE FROM indices WHERE id=?",
	} {
		if _, err := w.conn.ExecContext(ctx, query, x.id); err != nil {
			return fmt.Errorf("delete index %s: %w", x.name, err)
		}
	}
	maps.DeleteFunc(c.indices, func(name string, _ *index) bool { return name == x.name })
	return nil
}
