package dev.hone;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The packages tell a story that goes one way; these rules keep it so. */
class ArchitectureTest {
  /** A package may use those before it, never those after it. */
  private static final List<String> ORDER =
      List.of(
          "error",
          "config",
          "tokenizer",
          "data",
          "tensor",
          "store",
          "model",
          "method",
          "train",
          "generate",
          "evaluate",
          "golden",
          "recipe",
          "run",
          "inspect");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.hone");

  static Set<String> presentPackages() {
    return CLASSES.stream()
        .map(JavaClass::getPackageName)
        .filter(name -> name.startsWith("dev.hone."))
        .map(name -> name.split("\\.")[2])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyPackageHasItsPlace() {
    Set<String> unknown = presentPackages();
    unknown.removeAll(ORDER);
    assertEquals(Set.of(), unknown, "packages without a place in the order");
  }

  @ParameterizedTest
  @MethodSource("presentPackages")
  void aPackageUsesOnlyThoseBeforeIt(String name) {
    String[] later =
        ORDER.subList(ORDER.indexOf(name) + 1, ORDER.size()).stream()
            .map(p -> "dev.hone." + p + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("dev.hone." + name + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(later)
        .orShould()
        .dependOnClassesThat()
        .resideInAPackage("dev.hone")
        .because("the order is " + String.join(", ", ORDER) + ", dev.hone")
        .check(CLASSES);
  }

  @Test
  void onlyTensorTouchesTheNativeEngine() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.hone.tensor..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.bytedeco..")
        .check(CLASSES);
  }

  @Test
  void noPackagesUseEachOtherInACircle() {
    slices().matching("dev.hone.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
