// Prints, as Go statements, the programs of system call filters that gVisor's own builds carry. Run by
// runsc-build.ts in a module that requires gVisor; the proxies of devices that no sandbox of ours has are left out.
package main

import (
	"fmt"
	"log"
	"strings"

	"gvisor.dev/gvisor/runsc/boot/filter/config"
)

func main() {
	programs, err := config.PrecompiledPrograms()
	if err != nil {
		log.Fatal(err)
	}
	for _, program := range programs {
		if strings.Contains(program.Name, "NVProxy=true") || strings.Contains(program.Name, "TPUProxy=true") {
			continue
		}
		fmt.Printf("\tprograms[%q] = %s\n", program.Name, program.Expr("\t", "precompiledseccomp"))
	}
}
