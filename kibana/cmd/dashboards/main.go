// Command dashboards writes what follows from the compiled dashboards: catsvdogs.ndjson for the contest that ships, and
// the fingerprints of the YAML that they were compiled from. `make dashboards` compiles first. It is a tool of those who
// change the dashboards; nothing that runs needs it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"catsvdogs/kibana"
	"catsvdogs/services/pipeline/contest"
)

func main() {
	dir := flag.String("dir", "kibana", "folder of the dashboards")
	file := flag.String("contest", "contest.yaml", "contest to write the file for")
	flag.Parse()
	if err := run(*dir, *file); err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
}

func run(dir, file string) error {
	c, err := contest.Load(file)
	if err != nil {
		return err
	}
	objects, err := kibana.Objects(c)
	if err != nil {
		return err
	}
	sums, err := kibana.Fingerprints(os.DirFS(dir))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "compiled", "SHA256SUMS"), sums, 0o644); err != nil {
		return fmt.Errorf("write the fingerprints: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "catsvdogs.ndjson"), kibana.NDJSON(objects), 0o644); err != nil {
		return fmt.Errorf("write the dashboards: %w", err)
	}
	return nil
}
