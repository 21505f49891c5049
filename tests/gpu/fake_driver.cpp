// A libcuda.so.1 that says it is old: CUDA 11.4.
extern "C" {

int cuDriverGetVersion(int* version) {
  *version = 11040;
  return 0;
}
int cuInit(unsigned) { return 0; }

}  // extern "C"
