package elasticsearch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

const (
	indexFile = "index.db"
	// layoutVersion changes when an older file cannot be read any more.
	layoutVersion = 1
	readers       = 4
)

const layout = `
CREATE TABLE indices (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, uuid TEXT NOT NULL, created INTEGER NOT NULL,
  mapping TEXT NOT NULL, settings TEXT NOT NULL, aliases TEXT NOT NULL);
CREATE TABLE templates (kind TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE fields (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
-- source is NULL for a deleted document, of which only the version is kept
CREATE TABLE docs (doc INTEGER PRIMARY KEY, idx INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, seq_no INTEGER NOT NULL,
  source TEXT, UNIQUE (idx, id));
CREATE INDEX docs_seq_no ON docs (idx, seq_no);
CREATE VIRTUAL TABLE tokens USING fts5 (row, content='', contentless_delete=1, tokenize='ascii');
CREATE TABLE numbers (field INTEGER NOT NULL, value, doc INTEGER NOT NULL, PRIMARY KEY (field, value, doc)) WITHOUT ROWID;
`

// store is the SQLite file. Any number of goroutines may read while one writes.
type store struct {
	read    *sql.DB
	current atomic.Pointer[catalog]

	turn   sync.Mutex // of the writer; guards what follows
	write  *sql.DB
	writer *writer
}

// openStore opens or makes the file in dir.
func openStore(ctx context.Context, dir string) (*store, error) {
	if dir == "" {
		return nil, errors.New("no folder given")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := filepath.Abs(filepath.Join(dir, indexFile))
	if err != nil {
		return nil, err
	}
	s := &store{}
	// A commit is a write to the log without a sync: the kernel keeps it when the process is killed.
	s.write, err = openDB(file, 1, "journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(5000)", "cache_size(-65536)", "wal_autocheckpoint(8000)", "temp_store(MEMORY)")
	if err == nil {
		s.read, err = openDB(file, readers, "busy_timeout(5000)", "query_only(1)", "cache_size(-16384)", "temp_store(MEMORY)")
	}
	if err == nil {
		err = s.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func openDB(file string, connections int, pragmas ...string) (*sql.DB, error) {
	at := url.URL{Scheme: "file", Path: filepath.ToSlash(file), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	db, err := sql.Open("sqlite", at.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// prepare makes the tables of a new file and loads the catalog.
func (s *store) prepare(ctx context.Context) error {
	var version int
	if err := s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch version {
	case 0:
		if _, err := s.write.ExecContext(ctx, fmt.Sprintf("BEGIN; %s PRAGMA user_version=%d; COMMIT", layout, layoutVersion)); err != nil {
			return fmt.Errorf("make tables: %w", err)
		}
	case layoutVersion:
	default:
		return fmt.Errorf("%s has layout %d, this program knows %d: move the folder away and start anew", indexFile, version, layoutVersion)
	}
	c, err := loadCatalog(ctx, s.write)
	if err != nil {
		return err
	}
	s.current.Store(c)
	s.writer, err = newWriter(ctx, s.write)
	return err
}

func (s *store) close() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	var err error
	if s.writer != nil {
		err = s.writer.close()
	}
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

func loadCatalog(ctx context.Context, db *sql.DB) (*catalog, error) {
	c := &catalog{indices: map[string]*index{}, fields: map[string]int64{}, templates: map[string]*template{}, components: map[string]*template{}}
	err := eachRow(ctx, db, "SELECT id, name, uuid, created, mapping, settings, aliases FROM indices", func(rows *sql.Rows) error {
		x := &index{}
		var mapping, settings, aliases []byte
		if err := rows.Scan(&x.id, &x.name, &x.uuid, &x.created, &mapping, &settings, &aliases); err != nil {
			return err
		}
		var err error
		x.mapping, err = parseMapping(mapping)
		x.definition = string(mapping)
		c.indices[x.name] = x
		return errors.Join(err, json.Unmarshal(settings, &x.settings), unmarshalFilters(aliases, &x.aliases))
	})
	if err != nil {
		return nil, fmt.Errorf("load indices: %w", err)
	}
	err = eachRow(ctx, db, "SELECT kind, name, definition FROM templates", func(rows *sql.Rows) error {
		var kind, name string
		var definition []byte
		if err := rows.Scan(&kind, &name, &definition); err != nil {
			return err
		}
		t, err := parseTemplate(definition, kind == componentKind)
		c.templatesOf(kind)[name] = t
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load templates: %w", err)
	}
	err = eachRow(ctx, db, "SELECT id, path FROM fields", func(rows *sql.Rows) error {
		var id int64
		var path string
		err := rows.Scan(&id, &path)
		c.fields[path] = id
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load fields: %w", err)
	}
	return c, nil
}

// unmarshalFilters keeps the absence of a filter, which a RawMessage would turn into the text null.
func unmarshalFilters(text []byte, into *map[string]json.RawMessage) error {
	err := json.Unmarshal(text, into)
	for alias, filter := range *into {
		if string(filter) == "null" {
			(*into)[alias] = nil
		}
	}
	return err
}

func eachRow(ctx context.Context, db *sql.DB, query string, visit func(*sql.Rows) error, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		if err := visit(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
