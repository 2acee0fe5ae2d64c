/** The hone command. */
@NullMarked
package dev.hone.app;

import org.jspecify.annotations.NullMarked;
