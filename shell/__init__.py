"""shell: everything a person touches. The command line (`shell.main`) and the window (`shell.app`)."""
