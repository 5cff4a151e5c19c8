hosts = {
  a = { address = "10.0.0.1" }
  b = { address = "10.0.0.2", port = "2222" }
}
region = "south"
regoin = "west" # WARNING: Value for undeclared variable: Did you mean "region"?
