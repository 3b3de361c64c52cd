"""Study records in the forms that other programs read: CSV, RIS, FHIR, an archive, the markup of old."""
