// Prints, as Go statements, the programs of system call filters that gVisor's own builds carry: of its sentries, or of
// its gofers, as the argument says. Run by runsc-build.ts in a module that requires gVisor; what no sandbox of ours has
// (proxies of devices, cgo) is left out.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"gvisor.dev/gvisor/pkg/seccomp/precompiledseccomp"
	sentry "gvisor.dev/gvisor/runsc/boot/filter/config"
	gofer "gvisor.dev/gvisor/runsc/fsgofer/filter/config"
)

var programsOf = map[string]func() ([]precompiledseccomp.Program, error){
	"sentry": sentry.PrecompiledPrograms,
	"gofer":  gofer.PrecompiledPrograms,
}

var notOurs = []string{"NVProxy=true", "TPUProxy=true", "CgoEnabled=true"}

func main() {
	programs, err := programsOf[os.Args[1]]()
	if err != nil {
		log.Fatal(err)
	}
	for _, program := range programs {
		if !isOurs(program.Name) {
			continue
		}
		fmt.Printf("\tprograms[%q] = %s\n", program.Name, program.Expr("\t", "precompiledseccomp"))
	}
}

func isOurs(name string) bool {
	for _, option := range notOurs {
		if strings.Contains(name, option) {
			return false
		}
	}
	return true
}
