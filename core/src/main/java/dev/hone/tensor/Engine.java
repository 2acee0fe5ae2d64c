package dev.hone.tensor;

import dev.hone.error.HoneException;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;

/**
 * The native engine, libtorch: loaded once, on first use, with the settings that the measurements
 * in the design call for.
 */
public final class Engine {
  private static final String BLAS = "org.bytedeco.openblas.load";

  private static volatile Device device = Device.CPU;

  static {
    load();
  }

  private Engine() {}

  /** Loads the engine now instead of at the first tensor. */
  public static void start() {}

  private static void load() {
    // MKL multiplies two to twenty times as fast as the OpenBLAS that is the default.
    propertyDefault(BLAS, "mkl");
    // Scopes free native memory, never the garbage collector, and the heap's size is no limit.
    propertyDefault("org.bytedeco.javacpp.nopointergc", "true");
    propertyDefault("org.bytedeco.javacpp.maxBytes", "0");
    propertyDefault("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    // One OpenMP pool for libtorch and MKL instead of two that fight for the cores.
    LibC.setenv("MKL_THREADING_LAYER", "GNU");
    // oneDNN remembers a kernel for each shape, and every one of them pins a corner of the heap
    // that
    // the tensors of a step leave. A step's own shapes are enough: a quarter less memory.
    LibC.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "48");
    LibC.keepFreedMemory();
    try {
      Loader.load(torch.class);
    } catch (UnsatisfiedLinkError e) {
      throw new HoneException(
          "the native engine cannot be loaded: "
              + e.getMessage()
              + "; Hone needs x86-64 Linux with glibc 2.35 or newer (Debian 12, Ubuntu 22.04)",
          e);
    }
    torch.set_num_threads(Cpu.physicalCores());
  }

  private static void propertyDefault(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }

  /**
   * Gives memory that tensors have freed back to the system. The engine keeps it otherwise, since
   * the next step wants as much.
   */
  public static void giveBackMemory() {
    LibC.giveBack();
  }

  /** The device on which new tensors are made. */
  public static Device device() {
    return device;
  }

  /** Chooses the device on which new tensors are made; refused where there is none of that kind. */
  public static void device(Device wanted) {
    if (wanted == Device.CUDA) {
      if (!torch.cuda_is_available()) {
        throw new HoneException(
            "device: no CUDA device is usable here; use device: cpu, or the GPU build (mvn -Pgpu"
                + " package) on a machine with CUDA 13, cuDNN 9 and NCCL (see 'hone doctor')");
      }
      try (PointerScope scope = new PointerScope()) {
        torch.globalContext().setAllowTF32CuBLAS(true);
      }
    }
    device = wanted;
  }

  public static boolean hasCuda() {
    return torch.cuda_is_available();
  }

  /** Whether that device has units for products of BF16: GPUs from compute capability 8.0 on. */
  public static boolean multipliesBf16(Device on) {
    return on == Device.CPU ? Cpu.multipliesBf16() : Gpu.MULTIPLIES_BF16;
  }

  /** What is asked of the GPU once. */
  private static final class Gpu {
    // libtorch asks for just that where it chooses a convolution.
    static final boolean MULTIPLIES_BF16 =
        hasCuda() && torch.getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
  }

  public static int threads() {
    return torch.get_num_threads();
  }

  /** Sets the threads of one operation; 0 means one a physical core. */
  public static void threads(int count) {
    torch.set_num_threads(count == 0 ? Cpu.physicalCores() : count);
  }

  /** Seeds the random numbers of dropout, initialisation and sampling. */
  public static void seed(long seed) {
    torch.manual_seed(seed);
    if (device == Device.CUDA) {
      torch.cuda_manual_seed_all(seed);
    }
  }

  /** Waits until a GPU has done all that it was told; on a CPU it has. */
  static void await() {
    if (device == Device.CUDA) {
      torch.cuda_synchronize();
    }
  }

  /** What libtorch says of its own build. */
  public static String buildInfo() {
    try (PointerScope scope = new PointerScope()) {
      return torch.show_config().getString();
    }
  }

  /** Version of libtorch, for example 2.10.0. */
  public static String version() {
    var matcher = java.util.regex.Pattern.compile("TORCH_VERSION=([^,\\s]+)").matcher(buildInfo());
    return matcher.find() ? matcher.group(1) : "unknown";
  }

  /** The library that multiplies matrices: MKL or OpenBLAS. */
  public static String blas() {
    return Cpu.mappedLibraries().anyMatch(l -> l.contains("libmkl_rt")) ? "MKL" : "OpenBLAS";
  }

  /** What is wrong with that library and how to mend it; empty where nothing is. */
  public static Optional<String> blasProblem() {
    return blas().equals("MKL") || !System.getProperty("os.arch").equals("amd64")
        ? Optional.empty()
        : Optional.of(
            "MKL was not loaded, OpenBLAS is 2 to 20 times slower: start through the hone script, or"
                + " with -D"
                + BLAS
                + "=mkl");
  }
}
