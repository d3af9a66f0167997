module netpol.example/peers/harness

go 1.24.0
