/** One run, from a recipe to its folder of results. */
@NullMarked
package dev.hone.run;

import org.jspecify.annotations.NullMarked;
